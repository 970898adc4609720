<?php
/*
 * flete for PHP: one class over flete.h and libflete, and one exception for each code of an error. PHP 7.4 and later,
 * with the extension FFI.
 *
 * On the command line it works as it is. Under FPM and Apache, PHP lets only preloaded files use FFI: set
 * opcache.preload to this file (or to one that requires it). A worker forked from a process that used flete is fine.
 */
declare(strict_types=1);

namespace Flete;

/**
 * Quotes, creates and tracks shipments. Requests and replies are arrays, with the fields of flete's JSON.
 * Opening a client is cheap, and clients with equal accounts share connections and tokens: open one in each request.
 */
final class Client
{
    /** The path of the library, if the system doesn't find it by itself. The environment's FLETE_LIBRARY works too. */
    public static ?string $library = null;

    /** The path of flete.h, if it isn't beside this file. */
    public static ?string $header = null;

    /** How deep the JSON may be that the core reads; a deeper array probably contains itself. */
    private const DEEPEST = 128;

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

    /** The price of a shipment, from all accounts at once. @throws Error */
    public function quote(array $request): array
    {
        return $this->invoke('quote', $request);
    }

    /**
     * Create a shipment. With an idempotency_key, the same call can be made again and returns the same shipment, after a
     * lost reply too, and from another process unless keys are kept in "memory" (the configuration's state).
     * @throws Error
     */
    public function create(array $request): array
    {
        return $this->invoke('create', $request);
    }

    /**
     * Where a shipment is, or many. Each reply has its `environment` (production, test, sandbox), the `courier` (name,
     * phone, plate, vehicle, photo_url), `signed_by` and `documents`, as far as the carrier says it.
     * @throws Error
     */
    public function track(array $request): array
    {
        return $this->invoke('track', $request);
    }

    /** Cancel a shipment. `reason` is passed on to a carrier that takes one. @throws Error */
    public function cancel(array $request): array
    {
        return $this->invoke('cancel', $request);
    }

    /**
     * Documents of a shipment: those of a `kind` (label, proof_of_pickup, proof_of_delivery, other), or the one of a
     * `document_id`, from `documents` in track's reply.
     * @throws Error
     */
    public function document(array $request): array
    {
        return $this->invoke('document', $request);
    }

    /** One page of the account's shipments. @throws Error */
    public function list(array $request = []): array
    {
        return $this->invoke('list', $request);
    }

    /** Check and read a carrier's push: its `body` as received, and its `headers` (getallheaders()). @throws Error */
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

    /** The carriers, what each was written from, their operations, and every JSON Schema. @throws Error */
    public function describe(array $request = []): array
    {
        return $this->invoke('describe', $request);
    }

    /** The idempotency keys on record, with their state; see settle. @throws Error */
    public function keys(array $request = []): array
    {
        return $this->invoke('keys', $request);
    }

    /** Record whether a create whose outcome is unknown made its shipment. @throws Error */
    public function settle(array $request): array
    {
        return $this->invoke('settle', $request);
    }

    /** Any method by its name. @throws Error */
    public function invoke(string $method, array $request = []): array
    {
        if ($method === 'webhook' && is_string($request['body'] ?? null)) {
            // A byte of a push that is not UTF-8 costs its own character, not the push.
            $request['body'] = json_decode((string) json_encode($request['body'], JSON_INVALID_UTF8_SUBSTITUTE));
        }
        $text = self::encode($request, 'invalid_request');
        return self::taken(self::ffi()->flete_invoke($this->handle, $method, $text, strlen($text)));
    }

    /** Close the client now, rather than when the last reference to it goes. Closing twice is harmless. */
    public function close(): void
    {
        if ($this->handle !== 0 && self::$ffi !== null) {
            self::$ffi->flete_close($this->handle);
            $this->handle = 0;
        }
    }

    public function __destruct()
    {
        $this->close();
    }

    /** A copy would close the client of the original. */
    public function __clone()
    {
        $this->handle = 0;
        throw self::single();
    }

    public function __serialize(): array
    {
        throw self::single();
    }

    public function __unserialize(array $data): void
    {
        throw self::single();
    }

    public static function __set_state(array $properties): self
    {
        throw self::single();
    }

    private static function single(): \LogicException
    {
        return new \LogicException(
            'a Flete\\Client can\'t be cloned or serialized; open another one from the same configuration'
        );
    }

    /** The library's version. */
    public static function version(): string
    {
        return self::ffi()->flete_version();
    }

    private static function ffi(): \FFI
    {
        return self::$ffi ?? self::$ffi = self::load();
    }

    /** Loads the library. If something is missing, the error says what to set. */
    private static function load(): \FFI
    {
        if (!extension_loaded('ffi')) {
            throw self::unusable('PHP\'s extension FFI is not loaded; install it and set extension=ffi in php.ini');
        }
        $header = self::$header ?? __DIR__ . '/flete.h';
        $declarations = @file_get_contents($header);
        if ($declarations === false) {
            throw self::unusable("the header $header can't be read; install flete.h there, or set Flete\\Client::\$header");
        }
        $library = self::$library ?: getenv('FLETE_LIBRARY') ?: ($_SERVER['FLETE_LIBRARY'] ?? '') ?: 'libflete.so.0';
        try {
            $ffi = \FFI::cdef($declarations, $library);
        } catch (\FFI\Exception $problem) {
            throw self::unusable(self::hint($problem->getMessage(), $library));
        }
        if ($ffi->flete_abi_version() !== 1) {
            throw self::unusable("the library $library is of another version than flete.php; install both again");
        }
        return $ffi;
    }

    /** What to do when FFI refuses. */
    private static function hint(string $problem, string $library): string
    {
        if (stripos($problem, 'restricted') !== false) {
            return sprintf(
                'PHP does not allow FFI here (ffi.enable is "%s"); set ffi.enable=true in php.ini, or under FPM and '
                . 'Apache set ffi.enable=preload and opcache.preload=%s',
                ini_get('ffi.enable'),
                __FILE__
            );
        }
        if (stripos($problem, 'failed loading') !== false) {
            return "the library $library can't be loaded ($problem); install it and run ldconfig, or set FLETE_LIBRARY "
                . '(in FPM: env[FLETE_LIBRARY]) or Flete\Client::$library to its path';
        }
        return "the library $library does not fit flete.php ($problem); install both from the same version";
    }

    private static function unusable(string $message): Error
    {
        return Error::of(['code' => 'invalid_config', 'message' => $message]);
    }

    private static function encode(
        #[\SensitiveParameter]
        array $value,
        string $code
    ): string {
        $problem = null;
        // Nothing inside throws: the trace would show the wrong text, which may be a secret.
        $text = $value === [] ? '{}' : self::json($value, '', 0, $problem);
        if ($problem !== null) {
            [$field, $message] = $problem;
            throw Error::of([
                'code' => $code,
                'message' => $field === '' ? $message : "$field: $message",
                'fields' => [['field' => $field, 'carrier_field' => null, 'message' => $message]],
            ]);
        }
        return $text;
    }

    /**
     * A value as JSON. json_encode alone isn't enough: it rounds numbers to serialize_precision, and names no field.
     *
     * @param mixed $value
     * @param ?array $problem the first value that can't be written: its field, and what is wrong
     */
    private static function json(
        #[\SensitiveParameter]
        $value,
        string $path,
        int $depth,
        ?array &$problem
    ): string {
        $wrong = static function (string $message) use ($path, &$problem): string {
            $problem = $problem ?? [strlen($path) > 80 ? substr($path, 0, 80) . '…' : $path, $message];
            return 'null';
        };
        if ($problem !== null || $depth > self::DEEPEST) {
            return $wrong('is nested too deep, or contains itself');
        }
        if ($value instanceof \JsonSerializable) {
            return self::json($value->jsonSerialize(), $path, $depth + 1, $problem);
        }
        if ($value instanceof \DateTimeInterface) {
            $value = $value->format('Y-m-d\TH:i:s.vP');
        } elseif ($value instanceof \BackedEnum) {
            $value = $value->value;
        } elseif ($value instanceof \Closure || $value instanceof \UnitEnum) {
            return $wrong('a ' . get_class($value) . ' can\'t be written as JSON; pass an array or a scalar');
        } elseif (is_object($value) && !$value instanceof \stdClass && get_object_vars($value) === []
            && method_exists($value, '__toString')) {
            $value = (string) $value;
        }
        if (is_float($value)) {
            return is_finite($value) ? self::number($value) : $wrong("$value can't be written in JSON; pass a finite number");
        }
        if (is_string($value)) {
            $text = json_encode($value, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
            return $text === false ? $wrong('is not UTF-8 text; convert it with mb_convert_encoding') : $text;
        }
        if ($value === null || is_scalar($value)) {
            return json_encode($value);
        }
        if (!is_array($value) && !is_object($value)) {
            return $wrong('a ' . gettype($value) . ' can\'t be written as JSON; pass an array or a scalar');
        }
        $members = is_array($value) ? $value : get_object_vars($value);
        if (is_array($value) && self::isList($members, $path, $wrong)) {
            $parts = [];
            foreach (array_values($members) as $index => $member) {
                $parts[] = self::json($member, "{$path}[$index]", $depth + 1, $problem);
            }
            return '[' . implode(',', $parts) . ']';
        }
        $parts = [];
        foreach ($members as $name => $member) {
            $key = json_encode((string) $name, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
            if ($key === false) {
                return $wrong('has a key that is not UTF-8 text; convert it with mb_convert_encoding');
            }
            $parts[] = $key . ':' . self::json($member, $path === '' ? (string) $name : "$path.$name", $depth + 1, $problem);
        }
        return '{' . implode(',', $parts) . '}';
    }

    /** Whether an array is a list. One with gaps, as array_filter leaves it, is one too. */
    private static function isList(array $members, string $path, callable $wrong): bool
    {
        // The keys of a status_map are a carrier's codes, which PHP turns into numbers.
        if (preg_match('/(^|\.)status_map$/', $path) === 1) {
            return false;
        }
        foreach ($members as $name => $member) {
            if (!is_int($name)) {
                return false;
            }
        }
        // A carrier's own fields may have numbers as names, so there an array with gaps can't be told from an object.
        $native = preg_match('/^(options|params|sandbox|accounts\[\d+\]\.sandbox)(\.|$)/', $path) === 1;
        if ($native && array_keys($members) !== range(0, count($members) - 1) && $members !== []) {
            $wrong('its keys are numbers with gaps; write array_values(…) for a list, or (object) for an object');
        }
        return true;
    }

    /** A number with just the digits that it needs, whatever serialize_precision and the locale are. */
    private static function number(float $value): string
    {
        for ($digits = 14; $digits <= 16; $digits++) {
            $text = (string) preg_replace('/[^0-9e+-]+/', '.', sprintf("%.{$digits}e", $value));
            if ((float) $text === $value) {
                break;
            }
        }
        [$mantissa, $exponent] = explode('e', $text);
        $sign = $mantissa[0] === '-' ? '-' : '';
        $all = rtrim(str_replace(['-', '.'], '', $mantissa), '0');
        $point = (int) $exponent + 1;
        if ($all === '') {
            return '0.0';
        }
        if ($point > 21 || $point < -6) {
            return $sign . $all[0] . '.' . (substr($all, 1) ?: '0') . 'e' . ($point - 1);
        }
        if ($point <= 0) {
            return $sign . '0.' . str_repeat('0', -$point) . $all;
        }
        $whole = str_pad(substr($all, 0, $point), $point, '0');
        return $sign . $whole . '.' . (substr($all, $point) ?: '0');
    }

    /** The data of an envelope, which is freed. */
    private static function taken(\FFI\CData $text): array
    {
        try {
            // JSON's own exception isn't used: its trace would show the reply, which has the caller's data.
            $reply = json_decode(\FFI::string($text), true, 512, JSON_BIGINT_AS_STRING);
        } finally {
            self::ffi()->flete_string_free($text);
        }
        if (($reply['ok'] ?? false) !== true) {
            throw Error::of($reply['error'] ?? ['code' => 'internal', 'message' => 'the reply can\'t be read']);
        }
        return (array) $reply['data'];
    }
}

/**
 * What went wrong: of the subclass for its code, as ValidationError or TimeoutError. getMessage() is a sentence for a
 * person, getCode() the carrier's HTTP status (0 without one), and every field of the error is a property.
 * json_encode returns the error as flete's documentation has it.
 *
 * @property-read string $errorCode flete's code: "validation", "timeout", …
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
 * @property-read mixed $created
 * @property-read mixed $raw
 * @property-read array $failures of all_failed: each account's error
 */
class Error extends \RuntimeException implements \JsonSerializable
{
    private const USUAL = [
        'code' => 'internal', 'message' => '', 'account' => null, 'carrier' => null, 'operation' => null,
        'outcome' => 'none', 'retryable' => false, 'retry_after_ms' => null, 'http_status' => null,
        'carrier_code' => null, 'carrier_message' => null, 'incident' => null, 'request_id' => null,
        'fields' => [], 'attempts' => 0, 'elapsed_ms' => 0, 'created' => null, 'raw' => null,
    ];

    private array $details;

    /** @param array $details the error, as an envelope has it */
    final public function __construct(array $details)
    {
        $this->details = $details + self::USUAL;
        parent::__construct((string) $this->details['message'], (int) $this->details['http_status']);
    }

    /** The exception for an error that came as an array: in `results` of track, or `failures` of quote. */
    public static function of(array $error): self
    {
        $class = __NAMESPACE__ . '\\' . str_replace('_', '', ucwords((string) ($error['code'] ?? 'internal'), '_')) . 'Error';
        return class_exists($class, false) && is_subclass_of($class, self::class) ? new $class($error) : new self($error);
    }

    /** Every field of the error, as flete's documentation has them. */
    public function details(): array
    {
        return $this->details;
    }

    public function jsonSerialize(): array
    {
        return $this->details;
    }

    /** @return mixed */
    public function __get(string $name)
    {
        if ($name === 'failures') {
            return $this->details['failures'] ?? [];
        }
        return $this->details[$name === 'errorCode' ? 'code' : $name] ?? null;
    }

    public function __isset(string $name): bool
    {
        return $this->__get($name) !== null;
    }
}

/** The configuration can't be used, or PHP can't load the library. */
final class InvalidConfigError extends Error
{
}

/** The request can't be used; nothing was sent. */
final class InvalidRequestError extends Error
{
}

/** The client is closed. */
final class InvalidHandleError extends Error
{
}

/** The carrier doesn't offer this. */
final class UnsupportedError extends Error
{
}

/** The carrier doesn't accept the credentials, or a push has a wrong token. */
final class AuthenticationError extends Error
{
}

/** The credentials are good, but may not do this. */
final class PermissionError extends Error
{
}

/** The carrier doesn't know the id. */
final class NotFoundError extends Error
{
}

/** The current state forbids it. */
final class ConflictError extends Error
{
}

/** The carrier refused the data. */
final class ValidationError extends Error
{
}

/** Too many requests; wait and retry. */
final class RateLimitedError extends Error
{
}

/** The deadline passed. */
final class TimeoutError extends Error
{
}

/** No connection, or it broke. */
final class NetworkError extends Error
{
}

/** No safe connection could be made. */
final class TlsError extends Error
{
}

/** The carrier is out of service (5xx). */
final class CarrierUnavailableError extends Error
{
}

/** The carrier's reply can't be read. */
final class CarrierResponseError extends Error
{
}

/** A label that is still being made. */
final class NotReadyError extends Error
{
}

/** The call was interrupted. */
final class CancelledError extends Error
{
}

/** Several accounts were asked and every one failed. */
final class AllFailedError extends Error
{
}

/** The place where keys are kept can't be used just now; nothing was sent. */
final class StateUnavailableError extends Error
{
}

/** A fault in flete; please report it. */
final class InternalError extends Error
{
}
