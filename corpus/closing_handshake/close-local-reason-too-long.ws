wsclose 1
role server
# A reason of 124 octets is refused, or cut.
app close 1000 "r" * 124
wait 16
> fin
