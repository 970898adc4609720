<?php
/*
 * A shop's main job in PHP: compare prices, ship with a label, follow the parcel to the door, cancel another.
 * It runs against the built-in simulator; for a real carrier, give a configuration: in FLETE_CONFIG as JSON, or as a
 * file: php storefront.php flete.json
 *
 * Every create has an idempotency_key, here the order's number: run it again with a real carrier, and the same
 * shipment comes back. The simulator and its keys end with the program.
 */
declare(strict_types=1);

// When installed, flete.php is beside flete.h in the prefix's include directory.
require getenv('FLETE_PHP') ?: __DIR__ . '/../../include/flete.php';

// In the simulator time runs faster: a stage every 600 ms.
$simulator = ['accounts' => [[
    'id' => 'cr', 'carrier' => 'fruno', 'environment' => 'sandbox', 'price_unit' => 'minor',
    'sandbox' => ['auto_advance_ms' => 600],
]]];
$flete = new Flete\Client(isset($argv[1]) ? file_get_contents($argv[1]) : (getenv('FLETE_CONFIG') ?: $simulator));

$consignment = [
    'origin' => [
        'company' => 'Tienda ABC', 'name' => 'Bodega central', 'phone' => '+506 2222-3333', 'country' => 'CR',
        'street' => 'De la esquina sur oeste del supermercado ABC, 125 sur', 'district_code' => '11501',
    ],
    'destination' => [
        'name' => 'Josué Blanco', 'phone' => '8888-1182', 'email' => 'josue@example.com', 'country' => 'CR',
        'street' => 'De la escuela Gulliver, 25 sur', 'neighborhood' => 'Residencial Lilliput',
        'district_code' => '11605',
    ],
    'parcels' => [[
        'weight' => ['value' => 389, 'unit' => 'g'],
        'dimensions' => ['length' => 20, 'width' => 20, 'height' => 15, 'unit' => 'cm'],
        'description' => 'Pedido tienda virtual',
    ]],
];
$order = fn(string $reference): array => $consignment + ['reference' => $reference, 'idempotency_key' => $reference];

$create = function (array $order) use ($flete): array {
    $shipment = $flete->create($order);
    if ($shipment['replayed']) {
        printf("  waybill %s was made before (replayed)\n", $shipment['id']);
    }
    return $shipment;
};

try {
    echo "What would it cost?\n";
    foreach ($flete->quote($consignment)['rates'] as $rate) {
        $total = $rate['total'];
        printf("  %-10s %-12s %10s %s\n", $rate['account'], $rate['service']['name'], $total['amount'], $total['currency']);
    }

    echo "\nChanged one's mind\n";
    $other = $create($order('ORDEN-88243568'));
    try {
        $cancelled = $flete->cancel(['id' => $other['id'], 'reason' => 'bought twice']);
        printf("  waybill %s is %s\n", $cancelled['id'], $cancelled['status']);
    } catch (Flete\Error $error) {
        // A shipment that an earlier run cancelled can't be cancelled again.
        if (!$other['replayed']) {
            throw $error;
        }
        echo "  {$error->getMessage()}\n";
    }

    echo "\nShip it\n";
    $shipment = $create($order('ORDEN-88243567') + ['with_label' => true]);
    $label = $shipment['label'];
    printf("  waybill %s for %s: %s\n", $shipment['id'], $shipment['reference'], $shipment['status']);
    printf("  label   %s, %d bytes\n", $label['content_type'], strlen(base64_decode($label['base64'])));

    echo "\nFollow it\n";
    $told = 0;
    do {
        usleep(100_000);
        $tracking = $flete->track(['id' => $shipment['id']]);
        foreach (array_slice($tracking['events'], $told) as $event) {
            printf("  %-30s %-17s %s\n", $event['at'], $event['status'], $event['description']);
            $told++;
        }
    } while ($tracking['status'] !== 'delivered');
    printf("  page for the customer: %s\n", $tracking['tracking_url']);
} catch (Flete\Error $error) {
    // A message for a person, and whether the shipment may exist.
    fprintf(STDERR, "%s: %s (shipment made: %s)\n", $error->errorCode, $error->getMessage(), $error->outcome);
    exit(1);
}

echo "\nToo late to take it back\n";
try {
    $flete->cancel(['id' => $shipment['id']]);
} catch (Flete\Error $error) {
    printf("  %s: %s\n", $error->errorCode, $error->getMessage());
}
