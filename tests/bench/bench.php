<?php
// One process that serves many requests, each of which opens, asks for a Fruno price, and closes: flete through FFI, and
// PHP's curl with a new handle each time. Usage: bench.php SETUP FLETE_PHP; prints lines as bench.c does.
declare(strict_types=1);

[, $file, $class] = $argv;
$setup = json_decode(file_get_contents($file), true);
require $class;

$request = [
    'origin' => ['district_code' => '11501'], 'destination' => ['district_code' => '11605'],
    'parcels' => [['weight' => ['value' => 389, 'unit' => 'g'],
                   'dimensions' => ['length' => 20, 'width' => 20, 'height' => 15, 'unit' => 'cm']]],
];
$byFlete = static function () use ($setup, $request): bool {
    $flete = new Flete\Client($setup['config']);
    $amount = $flete->quote($request)['rates'][0]['total']['amount'];
    $flete->close();
    return $amount !== '';
};

$query = http_build_query([
    'código_distrito_fuente' => '11501', 'código_distrito_destino' => '11605', 'alto' => 15, 'ancho' => 20,
    'longitud' => 20, 'gr_peso' => 389,
]);
$byHand = static function () use ($setup, $query): bool {
    $now = microtime(true);
    $time = gmdate('Y-m-d\TH:i:s', (int) $now) . sprintf('.%06d%03dZ', (int) (fmod($now, 1) * 1e6), random_int(0, 999));
    $path = '/v1/paquetes/costo';
    $password = base64_encode(hash_hmac('sha256', "GET$path$time", $setup['key'], true));
    $curl = curl_init("{$setup['base']}$path?$query");
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 30, CURLOPT_CAINFO => $setup['ca'],
        CURLOPT_USERPWD => "{$setup['account']}:$password", CURLOPT_HTTPHEADER => ["X-Fr-Hora: $time"],
    ]);
    $reply = json_decode((string) curl_exec($curl), true);
    curl_close($curl);
    return isset($reply['precio']);
};

$block = static function (callable $one): array {
    $cpu = static function (): float {
        $used = getrusage();
        return ($used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec']) * 1e6
            + $used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec'];
    };
    $calls = 40;
    [$used, $wall] = [$cpu(), hrtime(true)];
    for ($n = 0; $n < $calls; $n++) {
        $one() || exit("bench.php: no price\n");
    }
    return [($cpu() - $used) / $calls, (hrtime(true) - $wall) / 1e3 / $calls];
};

$block($byHand);
$block($byFlete);
$rounds = [];
for ($n = 0; $n < 31; $n++) {
    $rounds[] = $n % 2
        ? [$block($byFlete), $block($byHand)]
        : array_reverse([$block($byHand), $block($byFlete)]);
}
$median = static function (callable $of) use ($rounds): float {
    $values = array_map(static fn (array $round): float => $of(...$round), $rounds);
    sort($values);
    return $values[intdiv(count($values), 2)];
};
foreach (['CPU', 'time'] as $clock => $name) {
    printf(
        "%s, PHP, open, price, close: %s\tµs\t%.4g\t%.4g\t%.3f\n", $setup['scheme'], $name,
        $median(static fn (array $ours, array $theirs): float => $ours[$clock]),
        $median(static fn (array $ours, array $theirs): float => $theirs[$clock]),
        $median(static fn (array $ours, array $theirs): float => $ours[$clock] / $theirs[$clock])
    );
}
