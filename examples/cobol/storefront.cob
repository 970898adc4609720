      >>source format free
*> A shop's main job in COBOL: compare prices, ship, follow the parcel to the door, cancel another.
*> It runs against the built-in simulator; for a real carrier, give its configuration as JSON in FLETE_CONFIG.
*> Every create has an idempotency_key, here the order's number: run it again with a real carrier, and the same
*> shipment comes back. The simulator and its keys end with the program.
*>
*>   cobc -x storefront.cob -Q -Wl,--no-as-needed -lflete        (GnuCOBOL 3)
*>
*> or without the library, and COB_PRE_LOAD=libflete when it runs.
*>
*> A client has 64 bits. GnuCOBOL cuts a call's result to 32, except for a pointer, so the client is
*> kept in a pointer. 0 is null. Texts are passed with their lengths; the next call frees the reply.
identification division.
program-id. storefront.

data division.
working-storage section.
01 config       pic x(8000) value spaces.
01 simulator    pic x(300) value
   '{"accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox", ' &
   '"price_unit": "minor", "sandbox": {"auto_advance_ms": 300}}]}'.
01 consignment  pic x(700) value
   '"origin": {"company": "Tienda ABC", "street": "Del parque, 125 sur", "district_code": "11501", ' &
   '"phone": "22223333"}, ' &
   '"destination": {"name": "Josué Blanco", "street": "Residencial Lilliput 4", "district_code": "11605"}, ' &
   '"parcels": [{"weight": {"value": 389, "unit": "g"}, ' &
   '"dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"}}]}'.
01 client       usage pointer value null.
01 reply        usage pointer value null.
01 len          binary-double unsigned.
01 reply-len    binary-long.
01 method-name  pic x(16).
01 request-text pic x(1000).
01 wanted       pic x(40).
01 found        pic x(200).
01 skipped      pic x.
01 replays      binary-long.
01 rest         pic x(400).
01 code-found   pic x(40).
01 waybill      pic x(40).
01 last-status  pic x(40) value spaces.
01 now-status   pic x(40).
*> Over the text that a reply points to.
01 reply-text   pic x(16777216) based.

procedure division.
main.
    accept config from environment "FLETE_CONFIG"
        on exception move spaces to config
    end-accept
    if config = spaces move simulator to config end-if
    compute len = function stored-char-length(config)
    call "flete_open" using by reference config by value len by reference reply returning client
    if client = null
        perform read-reply
        perform give-up
    end-if

    display "What would it cost?"
    move z"quote" to method-name
    string '{' consignment delimited by size into request-text
    perform ask
    move "account" to wanted perform find-text display "  " function trim(found) with no advancing
    move "amount" to wanted perform find-text display " " function trim(found) with no advancing
    move "currency" to wanted perform find-text display " " function trim(found)

    display " " display "Changed one's mind"
    move spaces to request-text
    string '{"idempotency_key": "ORDEN-88243568", "reference": "ORDEN-88243568", ' consignment
        delimited by size into request-text
    perform ship
    move z"cancel" to method-name
    move spaces to request-text
    string '{"id": "' function trim(waybill) '", "reason": "bought twice"}' delimited by size into request-text
    *> A shipment that an earlier run cancelled can't be cancelled again.
    if replays = 0
        perform ask
        move "status" to wanted perform find-text
        display "  waybill " function trim(waybill) " is " function trim(found)
    end-if

    display " " display "Ship it"
    move spaces to request-text
    string '{"idempotency_key": "ORDEN-88243567", "reference": "ORDEN-88243567", ' consignment
        delimited by size into request-text
    perform ship
    display "  waybill " function trim(waybill)

    display " " display "Follow it"
    perform until last-status = "delivered"
        call "CBL_GC_NANOSLEEP" using "100000000"
        move z"track" to method-name
        move spaces to request-text
        string '{"id": "' function trim(waybill) '"}' delimited by size into request-text
        perform ask
        move "status" to wanted perform find-text move found to now-status
        if now-status not = last-status
            display "  " function trim(now-status)
            move now-status to last-status
        end-if
    end-perform

    display " " display "Too late to take it back"
    move z"cancel" to method-name
    perform call-flete
    move "code" to wanted perform find-text display "  " function trim(found) ": " with no advancing
    move "message" to wanted perform find-text display function trim(found)

    call "flete_close" using by value client returning nothing
    stop run.

*> Makes the shipment of request-text; returns its waybill.
ship.
    move z"create" to method-name
    perform ask
    move "id" to wanted perform find-text move found to waybill
    move 0 to replays
    inspect reply-text(1:reply-len) tallying replays for all '"replayed":true'
    if replays > 0 display "  waybill " function trim(waybill) " was made before (replayed)" end-if.

*> Calls a method; an error ends the program.
ask.
    perform call-flete
    if reply-text(1:10) not = '{"ok":true' perform give-up end-if.

call-flete.
    if reply not = null call "flete_string_free" using by value reply returning nothing end-if
    compute len = function stored-char-length(request-text)
    call "flete_invoke" using by value client by reference method-name by reference request-text by value len
        returning reply
    perform read-reply.

read-reply.
    set address of reply-text to reply
    call "strlen" using by value reply returning reply-len.

*> The first text with this name in the reply: enough for a shop's page, without a JSON parser.
find-text.
    move spaces to found rest
    unstring reply-text(1:reply-len) delimited by function concatenate('"', function trim(wanted), '":"')
        into skipped rest
    unstring rest delimited by '"' into found.

give-up.
    move "code" to wanted perform find-text move found to code-found
    move "message" to wanted perform find-text
    display function trim(code-found) ": " function trim(found) upon syserr
    move 1 to return-code
    stop run.
