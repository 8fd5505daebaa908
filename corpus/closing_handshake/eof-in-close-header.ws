wsclose 1
role client
# EOF in the middle of the header of a Close.
> octets 88
> fin
wait 4
