<?php
/* One request to a PHP-FPM worker: opens, ships under one key, and says who made it. */
declare(strict_types=1);

header('Content-Type: text/plain');
try {
    $flete = new Flete\Client((string) file_get_contents(__DIR__ . '/flete.json'));
    $shipment = $flete->create([
        'account' => 'fruno', 'idempotency_key' => 'order-1', 'reference' => 'order-1',
        'origin' => ['company' => 'Tienda', 'street' => 'Del parque, 125 sur', 'district_code' => '11501', 'phone' => '22223333'],
        'destination' => ['name' => 'Josué', 'street' => 'Lilliput 4', 'district_code' => '11605'],
        'parcels' => [['weight' => ['value' => 389, 'unit' => 'g'],
            'dimensions' => ['length' => 20, 'width' => 20, 'height' => 15, 'unit' => 'cm']]],
    ]);
    printf("%s %s pid=%d\n", $shipment['id'], $shipment['replayed'] ? 'replayed' : 'made', getmypid());
} catch (Throwable $error) {
    printf("failed: %s %s\n", $error->errorCode ?? get_class($error), $error->getMessage());
}
