wsclose 1
role server
# A reason of 62 two-octet characters: truncation after 123 octets splits a character.
app close 1000 "é" * 62
wait 16
> fin
