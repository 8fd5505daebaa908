wsclose 1
role server
# The reply to the endpoint's Close carries 5000, and has 126 octets.
app close 1000
> close 5000
wait 2
> fin
connect
app close 1000
> close 3333 "r" * 124
wait 2
> fin
