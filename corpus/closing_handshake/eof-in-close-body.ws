wsclose 1
role client
# EOF in the middle of the body of a Close.
> octets 8802 03
> fin
wait 4
