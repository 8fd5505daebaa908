wsclose 1
role server
# The application sends a message, and the peer closes and waits.
app send text "hello"
> close 1000
wait 2
> fin
