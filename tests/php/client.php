<?php
/* The PHP class: data or an exception, nothing leaked, safe when closed, misused or forked. */
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

/** The error of a call that must fail. */
function failure(callable $call): Flete\Error
{
    try {
        $call();
    } catch (Flete\Error $error) {
        return $error;
    }
    return new Flete\Error(['code' => 'none', 'message' => 'it did not fail']);
}

$config = ['accounts' => [['id' => 'cr', 'carrier' => 'fruno', 'environment' => 'sandbox', 'key' => 'sandbox-llave']]];
$quote = [
    'origin' => ['district_code' => '11501'], 'destination' => ['district_code' => '11605'],
    'parcels' => [['weight' => ['value' => 389, 'unit' => 'g'],
        'dimensions' => ['length' => 20, 'width' => 20, 'height' => 15, 'unit' => 'cm']]],
];

check('the version', preg_match('/^\d+\.\d+\.\d+$/', Flete\Client::version()) === 1);
$flete = new Flete\Client($config);
check('a quote', $flete->quote($quote)['rates'][0]['account'] === 'cr');
check('JSON text as the configuration', (new Flete\Client(json_encode($config)))->quote($quote)['failures'] === []);
check('a request that may be empty', isset($flete->describe()['carriers']));
check('an own operation', $flete->call('cr', 'contracts.list') === []);

$error = failure(fn() => $flete->quote(['origin' => (object) [], 'parcel' => []]));
check('a typo is named', $error->errorCode === 'invalid_request' && strpos($error->getMessage(), 'parcel') !== false);
check('an error has its fields', $error->fields !== [] && $error->outcome === 'none' && $error->retryable === false);
check('a field that is null', $error->http_status === null && !isset($error->http_status));
check('all of an error', $error->details()['code'] === 'invalid_request');
$error = failure(fn() => $flete->track(['id' => "\xff"]));
check('what is no UTF-8', $error->errorCode === 'invalid_request');
$error = failure(fn() => $flete->invoke('qoute'));
check('a method that is misspelt', strpos($error->getMessage(), 'did you mean `quote`') !== false);
$error = failure(fn() => $flete->track(['id' => 'no-such']));
check('what the carrier does not know', $error->errorCode === 'not_found' && $error->carrier === 'fruno');
check('a bad configuration', failure(fn() => new Flete\Client('{'))->errorCode === 'invalid_config');
check('an empty configuration', failure(fn() => new Flete\Client([]))->errorCode === 'invalid_config');
check('no secret when it is dumped', strpos(print_r($flete, true) . var_export($flete, true), 'llave') === false);

$closed = new Flete\Client($config);
$closed->close();
$closed->close();
check('a closed client', failure(fn() => $closed->quote($quote))->errorCode === 'invalid_handle');

// Texts are freed: a thousand descriptions would be 200 MB.
$resident = fn(): int => (int) explode(' ', (string) file_get_contents('/proc/self/statm'))[1] * 4096;
for ($round = 0; $round < 20; $round++) {
    $flete->describe();
}
$before = $resident();
for ($round = 0; $round < 200; $round++) {
    $flete->describe();
    failure(fn() => new Flete\Client('{'));
    new Flete\Client($config);
}
$size = strlen(json_encode($flete->describe()));
check("memory grew by " . ($resident() - $before), $resident() - $before < 50 * $size);

if (function_exists('pcntl_fork')) {
    for ($child = 0; $child < 4; $child++) {
        $pid = pcntl_fork();
        if ($pid === 0) {
            $own = new Flete\Client($config);
            $well = $own->quote($quote)['failures'] === [] && $flete->quote($quote)['failures'] === [];
            exit($well ? 0 : 1);
        }
        pcntl_waitpid($pid, $status);
        check("child $child", $status === 0);
        check("the parent after child $child", $flete->quote($quote)['failures'] === []);
    }
}

echo "$passed passed, $failed failed\n";
exit($failed === 0 ? 0 : 1);
