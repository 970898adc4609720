<?php
/* What PHP programs put into a request, and what may not be done with a client or an error. */
declare(strict_types=1);

require getenv('FLETE_PHP');

$passed = $failed = 0;

function check(string $what, bool $held): void
{
    global $passed, $failed;
    $held ? $passed++ : $failed++;
    if (!$held) {
        fwrite(STDERR, "not so: $what\n");
    }
}

/** What a call throws. */
function thrown(callable $call): ?Throwable
{
    try {
        $call();
    } catch (Throwable $thrown) {
        return $thrown;
    }
    return null;
}

$config = ['accounts' => [
    ['id' => 'cr', 'carrier' => 'fruno', 'environment' => 'sandbox', 'key' => 'sandbox-llave', 'status_map' => ['7' => 'on_hold']],
    ['id' => 'co', 'carrier' => 'mensajeros_urbanos', 'environment' => 'sandbox'],
]];
$flete = new Flete\Client($config);
$order = [
    'account' => 'cr',
    'origin' => ['name' => 'Tienda', 'street' => 'Calle 1', 'district_code' => '11501', 'phone' => '22223333'],
    'destination' => ['name' => 'Ana', 'street' => 'Calle 2', 'district_code' => '11605'],
    'parcels' => [['weight' => ['value' => 0.1, 'unit' => 'kg'],
        'dimensions' => ['length' => 20, 'width' => 20, 'height' => 15, 'unit' => 'cm']]],
];
$encode = (new ReflectionClass(Flete\Client::class))->getMethod('encode');
$encode->setAccessible(true);
$json = fn(array $value): string => $encode->invoke(null, $value, 'invalid_request');

// Numbers, whatever php.ini and the locale say.
setlocale(LC_ALL, 'de_DE.UTF-8', 'es_MX.UTF-8', 'C');
foreach (['-1', '17', '100', '5'] as $precision) {
    ini_set('serialize_precision', $precision);
    ini_set('precision', $precision);
    $made = $flete->create($order);
    check("0.1 kg with serialize_precision $precision",
        (string) $flete->track(['account' => 'cr', 'id' => $made['id']])['raw']['peso_neto'] === '100');
    foreach ([
        ['0.1', 0.1], ['0.3', 0.3], ['389.0', 389.0], ['-12.5', -12.5], ['0.000389', 0.000389], ['1234567.891', 1234567.891],
        ['0.30000000000000004', 0.1 + 0.2], ['0.0', 0.0], ['100.0', 1e2], ['9007199254740993.0', 9007199254740993.0],
        ['1.0e300', 1e300], ['2.5e-9', 2.5e-9], ['9.9', 9.9], ['123456789012345680.0', 123456789012345678.0],
    ] as [$text, $number]) {
        $got = $json([$number]);
        check("$text with $precision, not $got", $got === "[$text]" || (float) trim($got, '[]') === (float) $text && strlen($got) <= strlen($text) + 2);
    }
}
ini_set('serialize_precision', '17');
srand(7);
for ($round = 0; $round < 20000; $round++) {
    $bits = unpack('d', pack('q', random_int(PHP_INT_MIN, PHP_INT_MAX)))[1];
    if (is_finite($bits) && (float) json_decode($json([$bits]), false, 9)[0] !== $bits) {
        check('a number is what it was: ' . bin2hex(pack('d', $bits)), false);
        break;
    }
}
check('20,000 numbers are what they were', $round === 20000);

// Everything else as JSON has it.
class Weight implements JsonSerializable
{
    public function jsonSerialize(): array
    {
        return ['value' => 2.5, 'unit' => 'kg'];
    }
}
foreach ([
    ['{}', []],
    ['{"a":[]}', ['a' => []]],
    ['{"a":{}}', ['a' => new stdClass()]],
    ['["a","b"]', [0 => 'a', 2 => 'b']],
    ['{"tags":["a","b"]}', ['tags' => array_filter(['a', '', 'b'])]],
    ['{"7":1,"a":2}', ['7' => 1, 'a' => 2]],
    ['{"w":{"value":2.5,"unit":"kg"}}', ['w' => new Weight()]],
    ['{"at":"2026-02-03T04:05:06.000-06:00"}', ['at' => new DateTimeImmutable('2026-02-03T04:05:06-06:00')]],
    ['{"status_map":{"0":"a","1":"b"}}', ['status_map' => ['0' => 'a', '1' => 'b']]],
    ['{"a":null,"b":true,"c":"á/\u0000\"","d":12}', ['a' => null, 'b' => true, 'c' => "á/\0\"", 'd' => 12]],
] as [$text, $value]) {
    $got = $json($value);
    check("$text, not $got", $got === $text);
}
check('an own operation without parameters', $flete->call('cr', 'provinces.list') !== []);

$endless = [];
$endless['again'] = &$endless;
foreach ([
    ['parcels[0].weight.value', ['parcels' => [['weight' => ['value' => INF]]]], "can't be written in JSON"],
    ['parcels[0].weight.value', ['parcels' => [['weight' => ['value' => NAN]]]], "can't be written in JSON"],
    ['origin.name', ['origin' => ['name' => "secret \xff"]], 'UTF-8'],
    ['origin', ['origin' => ["secret \xff" => 1]], 'UTF-8'],
    ['notes', ['notes' => fopen('php://memory', 'r')], 'resource'],
    ['notes', ['notes' => fn() => 1], 'Closure'],
    ['options.fruno.lista', ['options' => ['fruno' => ['lista' => [1 => 'a', 3 => 'b']]]], 'array_values'],
    ['again.again', $endless, 'contains itself'],
] as [$field, $value, $words]) {
    $error = thrown(fn() => $flete->invoke('create', $value));
    check("$field is named: " . ($error ? $error->getMessage() : 'nothing'),
        $error instanceof Flete\InvalidRequestError && strpos($error->getMessage(), $words) !== false
        && strpos($error->fields[0]['field'], $field) === 0 && strpos((string) $error, 'secret') === false);
}

// A push with an odd byte.
foreach (["Jos\xe9" => "Jos\u{fffd}", "Jos\xc3\xa9" => 'José', '\\ud83d' => "\u{fffd}"] as $written => $name) {
    $push = (new Flete\Client(['accounts' => [['carrier' => 'mensajeros_urbanos', 'base_url' => 'http://127.0.0.1:9',
        'client_id' => 'c', 'client_secret' => 's', 'user_id' => 1, 'webhook_token' => 't']]]))->webhook([
        'body' => '{"token": "t", "details": {"uuid": "u1", "mensajero": "' . $written . '"}}']);
    check("a push of $name", $push['shipment_id'] === 'u1' && $push['courier']['name'] === $name);
}

// A push is the carrier's: an odd byte costs one field.
$pushed = new Flete\Client(['accounts' => [
    ['carrier' => 'mensajeros_urbanos', 'environment' => 'sandbox', 'webhook_token' => 'tokentoken'],
]]);
foreach (["\xe9", "\xff\xfe", "\0", "\t", '\ud83d', "\xed\xa0\xbd"] as $odd) {
    $push = '{"token": "tokentoken", "details": {"uuid": "u1", "mensajero": "Jos' . $odd . '", "status_id": 1}}';
    foreach ([$pushed->webhook(['body' => $push]), $pushed->invoke('webhook', ['body' => $push])] as $read) {
        check('a push with ' . bin2hex($odd), $read['shipment_id'] === 'u1' && strpos($read['courier']['name'], 'Jos') === 0);
    }
}

// Errors.
foreach ([
    [Flete\InvalidRequestError::class, 'invalid_request', 0, fn() => $flete->create(['account' => 'cr'])],
    [Flete\InvalidConfigError::class, 'invalid_config', 0, fn() => new Flete\Client('{')],
    [Flete\NotFoundError::class, 'not_found', 404, fn() => $flete->track(['account' => 'cr', 'id' => 'no-such'])],
    [Flete\AuthenticationError::class, 'authentication', 0,
        fn() => $flete->webhook(['account' => 'co', 'body' => '{"uuid": "u"}', 'headers' => ['x' => 'y']])],
] as [$class, $code, $status, $call]) {
    $error = thrown($call);
    check("$class: " . ($error ? get_class($error) : 'nothing'), get_class($error) === $class && $error instanceof Flete\Error);
    check("$code has an int", $error->getCode() === $status && $error->errorCode === $code);
    $again = json_decode((string) json_encode($error), true);
    check("$code as JSON", $again['code'] === $code && $again['message'] === $error->getMessage() && $again['outcome'] === 'none');
    check("every field of $code", array_diff(
        ['account', 'carrier', 'operation', 'outcome', 'retryable', 'fields', 'attempts', 'elapsed_ms', 'created', 'raw'],
        array_keys($again)
    ) === []);
}
$failure = $flete->track(['shipments' => [['account' => 'cr', 'id' => 'no-such']]])['results'][0]['error'];
check('an error of a result', Flete\Error::of($failure) instanceof Flete\NotFoundError);
check('an error with an unknown code', get_class(Flete\Error::of(['code' => 'brand_new', 'message' => 'x'])) === Flete\Error::class);
check('a class that is no error of flete\'s', get_class(Flete\Error::of(['code' => '', 'message' => 'x'])) === Flete\Error::class);
$codes = $flete->describe()['schemas']['error']['properties']['code']['enum'] ?? null;
foreach ($codes ?? ['timeout', 'tls', 'rate_limited', 'all_failed', 'state_unavailable', 'internal'] as $code) {
    $class = get_class(Flete\Error::of(['code' => $code]));
    check("$code has a class", $class !== Flete\Error::class);
}

// One client is one.
foreach ([
    'clone' => fn() => clone $flete,
    'serialize' => fn() => serialize($flete),
    'unserialize' => fn() => unserialize('O:12:"Flete\Client":0:{}'),
    'unserialize a handle' => fn() => unserialize("O:12:\"Flete\\Client\":1:{s:20:\"\0Flete\\Client\0handle\";i:1;}"),
    'var_export' => fn() => eval('return ' . var_export($flete, true) . ';'),
] as $what => $copy) {
    $error = thrown($copy);
    check("$what says so", $error instanceof LogicException && strpos($error->getMessage(), 'cloned or serialized') !== false);
    unset($error);
    check("the original after $what", isset($flete->list(['account' => 'cr'])['shipments']));
}
$made = (new ReflectionClass(Flete\Client::class))->newInstanceWithoutConstructor();
check('one that was never opened', thrown(fn() => $made->list()) instanceof Flete\InvalidHandleError);

echo "$passed passed, $failed failed\n";
exit($failed === 0 ? 0 : 1);
