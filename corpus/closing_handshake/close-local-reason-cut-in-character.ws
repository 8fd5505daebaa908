wsclose 1
role server
# 62 two-octet characters are 124 octets: a cut after 123 is in the middle of one.
app close 1000 "é" * 62
wait 16
> fin
