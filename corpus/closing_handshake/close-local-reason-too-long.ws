wsclose 1
role server
# The endpoint refuses or truncates a reason of 124 octets.
app close 1000 "r" * 124
wait 16
> fin
