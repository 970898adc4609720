{ A shop's main job in Pascal: compare prices, ship, follow the parcel to the door, cancel another.
  It runs against the built-in simulator; for a real carrier, give a configuration: in FLETE_CONFIG as JSON, or as a
  file: ./storefront flete.json

  Every create has an idempotency_key, here the order's number: run it again with a real carrier, and the same
  shipment comes back. The simulator and its keys end with the program.

    fpc storefront.pas        (Free Pascal 3; Delphi needs only another reader of JSON) }
program storefront;

{$mode objfpc}{$H+}

uses
  cthreads, Classes, SysUtils, fpjson, jsonparser;

type
  TClient = QWord; { 0 is none }

function flete_open(config: PAnsiChar; len: SizeUInt; out error: PAnsiChar): TClient; cdecl; external 'flete';
procedure flete_close(client: TClient); cdecl; external 'flete';
function flete_invoke(client: TClient; method, request: PAnsiChar; len: SizeUInt): PAnsiChar; cdecl; external 'flete';
procedure flete_string_free(text: PAnsiChar); cdecl; external 'flete';

const
  { In the simulator time runs faster: a stage every 300 ms. }
  Simulator = '{"accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox", "price_unit": "minor",' +
    ' "sandbox": {"auto_advance_ms": 300}}]}';
  Consignment = '"origin": {"company": "Tienda ABC", "street": "Del parque, 125 sur", "district_code": "11501",' +
    ' "phone": "22223333"},' +
    ' "destination": {"name": "Josué Blanco", "street": "Residencial Lilliput 4", "district_code": "11605"},' +
    ' "parcels": [{"weight": {"value": 389, "unit": "g"},' +
    ' "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"}}]}';

type
  EFlete = class(Exception)
    Code, Outcome: string; { whether the shipment may have been made all the same }
  end;

{ Returns an envelope's data, to be freed, or raises its error. Frees the library's text. }
function Taken(text: PAnsiChar): TJSONObject;
var
  envelope: TJSONObject;
  error: TJSONObject;
  failure: EFlete;
begin
  try
    envelope := GetJSON(UTF8String(text)) as TJSONObject;
  finally
    flete_string_free(text);
  end;
  try
    if not envelope.Booleans['ok'] then
    begin
      error := envelope.Objects['error'];
      failure := EFlete.Create(error.Strings['message']);
      failure.Code := error.Strings['code'];
      failure.Outcome := error.Strings['outcome'];
      raise failure;
    end;
    Result := envelope.Extract('data') as TJSONObject;
  finally
    envelope.Free;
  end;
end;

function Open(const config: UTF8String): TClient;
var
  error: PAnsiChar;
begin
  Result := flete_open(PAnsiChar(config), Length(config), error);
  if Result = 0 then Taken(error);
end;

function Ask(client: TClient; const method, request: UTF8String): TJSONObject;
begin
  Result := Taken(flete_invoke(client, PAnsiChar(method), PAnsiChar(request), Length(request)));
end;

{ A text of a reply, by its path: rates[0].total.amount. }
function Told(reply: TJSONObject; const path: string): string;
begin
  try
    Result := reply.FindPath(path).AsString;
  finally
    reply.Free;
  end;
end;

{ The waybill of an order. Says whether an earlier call with the same key made it. }
function Ship(client: TClient; const reference: string; out replayed: Boolean): string;
var
  shipment: TJSONObject;
begin
  shipment := Ask(client, 'create',
    '{"reference": "' + reference + '", "idempotency_key": "' + reference + '", ' + Consignment);
  try
    Result := shipment.Strings['id'];
    replayed := shipment.Booleans['replayed'];
    if replayed then WriteLn('  waybill ', Result, ' was made before (replayed)');
  finally
    shipment.Free;
  end;
end;

{ A shipment that an earlier run cancelled can't be cancelled again. }
procedure TakeBack(client: TClient; const waybill: string; replayed: Boolean);
begin
  try
    WriteLn('  waybill ', waybill, ' is ',
      Told(Ask(client, 'cancel', '{"id": "' + waybill + '", "reason": "bought twice"}'), 'status'));
  except
    on error: EFlete do
    begin
      if not replayed then raise;
      WriteLn('  waybill ', waybill, ': ', error.Message);
    end;
  end;
end;

function FileText(const path: string): UTF8String;
begin
  with TStringList.Create do
    try
      LoadFromFile(path);
      Result := Text;
    finally
      Free;
    end;
end;

var
  client: TClient;
  quote: TJSONObject;
  waybill, status, last: string;
  config: UTF8String;
  replayed: Boolean;
begin
  { All texts are UTF-8, on every system: here, in requests and replies, and in the output. }
  SetMultiByteConversionCodePage(CP_UTF8);
  SetTextCodePage(Output, CP_UTF8);
  config := GetEnvironmentVariable('FLETE_CONFIG');
  if config = '' then config := Simulator;
  if ParamCount > 0 then config := FileText(ParamStr(1));
  try
    client := Open(config);

    WriteLn('What would it cost?');
    quote := Ask(client, 'quote', '{' + Consignment);
    WriteLn('  ', quote.FindPath('rates[0].account').AsString, ' ', quote.FindPath('rates[0].total.amount').AsString,
      ' ', quote.FindPath('rates[0].total.currency').AsString);
    quote.Free;

    WriteLn(#10'Changed one''s mind');
    waybill := Ship(client, 'ORDEN-88243568', replayed);
    TakeBack(client, waybill, replayed);

    WriteLn(#10'Ship it');
    waybill := Ship(client, 'ORDEN-88243567', replayed);
    WriteLn('  waybill ', waybill);

    WriteLn(#10'Follow it');
    last := '';
    repeat
      Sleep(100);
      status := Told(Ask(client, 'track', '{"id": "' + waybill + '"}'), 'status');
      if status <> last then WriteLn('  ', status);
      last := status;
    until status = 'delivered';
  except
    on error: EFlete do
    begin
      WriteLn(StdErr, error.Code, ': ', error.Message, ' (shipment made: ', error.Outcome, ')');
      Halt(1);
    end;
  end;

  WriteLn(#10'Too late to take it back');
  try
    Ask(client, 'cancel', '{"id": "' + waybill + '"}').Free;
  except
    on error: EFlete do WriteLn('  ', error.Code, ': ', error.Message);
  end;
  flete_close(client);
end.
