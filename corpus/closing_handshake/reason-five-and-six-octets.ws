wsclose 1
role server
# Forms that UTF-8 had before RFC 3629: five octets, six octets, and FF.
> close 3333 hex:f888808080
wait 2
> fin
connect
> close 3333 hex:fc8480808080
wait 2
> fin
connect
> close 3333 hex:61ff
wait 2
> fin
