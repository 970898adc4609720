<?php
/*
 * flete for PHP: one class over flete.h and libflete, and one exception. PHP 7.4 and later, with FFI.
 *
 * On the command line it works as it is. Under FPM and Apache, PHP lets only preloaded files use FFI: set
 * opcache.preload to this file (or to one that requires it). A worker forked from a process that used flete is fine.
 */
declare(strict_types=1);

namespace Flete;

/**
 * Quotes, creates and tracks shipments. Requests and replies are arrays, as flete's documentation has them in JSON.
 * Opening a client is cheap, and clients with equal accounts share connections and tokens: open one in each request.
 */
final class Client
{
    /** Where the library is, when not where the system looks; also from the environment's FLETE_LIBRARY. */
    public static ?string $library = null;

    private static ?\FFI $ffi = null;

    private int $handle = 0;

    /**
     * @param array|string $config the configuration, or its JSON text
     * @throws Error with the code invalid_config
     */
    public function __construct(
        #[\SensitiveParameter]
        $config
    ) {
        $ffi = self::ffi();
        $text = is_string($config) ? $config : self::encode($config, 'invalid_config');
        $error = $ffi->new('char *');
        $this->handle = $ffi->flete_open($text, strlen($text), \FFI::addr($error));
        if ($this->handle === 0) {
            self::taken($error);
        }
    }

    /** What would it cost? @throws Error */
    public function quote(array $request): array
    {
        return $this->invoke('quote', $request);
    }

    /** Make a shipment. Give an idempotency_key, and the same call can be made again. @throws Error */
    public function create(array $request): array
    {
        return $this->invoke('create', $request);
    }

    /** Where is it? @throws Error */
    public function track(array $request): array
    {
        return $this->invoke('track', $request);
    }

    /** Take a shipment back. @throws Error */
    public function cancel(array $request): array
    {
        return $this->invoke('cancel', $request);
    }

    /** A label or a proof. @throws Error */
    public function document(array $request): array
    {
        return $this->invoke('document', $request);
    }

    /** The account's shipments. @throws Error */
    public function list(array $request = []): array
    {
        return $this->invoke('list', $request);
    }

    /** What a carrier's push says. @throws Error */
    public function webhook(array $request): array
    {
        return $this->invoke('webhook', $request);
    }

    /** An operation of the carrier's own API. @throws Error */
    public function call(string $account, string $operation, array $params = [], bool $all = false): array
    {
        $request = ['account' => $account, 'operation' => $operation, 'params' => (object) $params];
        return $this->invoke('call', $all ? $request + ['all' => true] : $request);
    }

    /** The carriers, their operations, and the shape of every request and reply. @throws Error */
    public function describe(array $request = []): array
    {
        return $this->invoke('describe', $request);
    }

    /** Say whether a create whose reply was lost made its shipment. @throws Error */
    public function settle(array $request): array
    {
        return $this->invoke('settle', $request);
    }

    /** Any method by its name. An empty object within the request is (object) [], for [] is a list. @throws Error */
    public function invoke(string $method, array $request = []): array
    {
        $text = self::encode($request, 'invalid_request');
        return self::taken(self::ffi()->flete_invoke($this->handle, $method, $text, strlen($text)));
    }

    /** Close it now and not when it is forgotten. Twice is fine. */
    public function close(): void
    {
        if ($this->handle !== 0) {
            self::ffi()->flete_close($this->handle);
            $this->handle = 0;
        }
    }

    public function __destruct()
    {
        $this->close();
    }

    /** A copy would close the same client twice. */
    private function __clone()
    {
    }

    /** The library's version. */
    public static function version(): string
    {
        return self::ffi()->flete_version();
    }

    private static function ffi(): \FFI
    {
        if (self::$ffi === null) {
            if (!extension_loaded('ffi')) {
                throw new \LogicException('flete needs PHP\'s extension FFI: install php-ffi, or enable it in php.ini');
            }
            $library = self::$library ?? (getenv('FLETE_LIBRARY') ?: 'libflete.so.0');
            self::$ffi = \FFI::cdef((string) file_get_contents(__DIR__ . '/flete.h'), $library);
        }
        return self::$ffi;
    }

    private static function encode(array $value, string $code): string
    {
        try {
            $flags = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR;
            return json_encode($value === [] ? new \stdClass() : $value, $flags);
        } catch (\JsonException $problem) {
            throw new Error(['code' => $code, 'message' => 'this makes no JSON: ' . $problem->getMessage()]);
        }
    }

    /** The data of an envelope, which is freed. */
    private static function taken(\FFI\CData $text): array
    {
        try {
            // Not thrown by JSON itself: a reply has the caller's data in it, which a trace would show.
            $reply = json_decode(\FFI::string($text), true, 512, JSON_BIGINT_AS_STRING);
        } finally {
            self::ffi()->flete_string_free($text);
        }
        if (($reply['ok'] ?? false) !== true) {
            throw new Error($reply['error'] ?? ['code' => 'internal', 'message' => 'the reply can\'t be read']);
        }
        return (array) $reply['data'];
    }
}

/**
 * What went wrong. getCode() is flete's code as text ("validation", "timeout", …) and getMessage() a sentence for a
 * person; every other field of the error is a property: $error->outcome, $error->retryable, $error->fields, …
 *
 * @property-read ?string $account
 * @property-read ?string $carrier
 * @property-read ?string $operation
 * @property-read string $outcome "none", "unknown" or "done": whether the shipment was made
 * @property-read bool $retryable
 * @property-read ?int $retry_after_ms
 * @property-read ?int $http_status
 * @property-read ?string $carrier_code
 * @property-read ?string $carrier_message
 * @property-read ?string $incident
 * @property-read ?string $request_id
 * @property-read array $fields
 * @property-read int $attempts
 * @property-read int $elapsed_ms
 * @property-read ?array $created
 * @property-read mixed $raw
 */
final class Error extends \RuntimeException
{
    private array $details;

    public function __construct(array $details)
    {
        parent::__construct($details['message'] ?? '');
        // As PDOException does: the code is a text.
        $this->code = $details['code'] ?? 'internal';
        $this->details = $details + ['outcome' => 'none', 'retryable' => false, 'fields' => []];
    }

    /** Every field of the error, as flete's documentation has them. */
    public function details(): array
    {
        return $this->details;
    }

    /** @return mixed */
    public function __get(string $name)
    {
        return $this->details[$name] ?? null;
    }

    public function __isset(string $name): bool
    {
        return isset($this->details[$name]);
    }
}
