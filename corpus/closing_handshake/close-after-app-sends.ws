wsclose 1
role server
# The application sends a message, then the peer closes.
app send text "hello"
> close 1000
> fin
