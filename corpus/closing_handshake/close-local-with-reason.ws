wsclose 1
role server
# An application closes. Octets of an HTTP response after the Close are no frames.
app close 3000 "not logged in"
wait 1
> close 3000 "not logged in"
wait 4
> fin
