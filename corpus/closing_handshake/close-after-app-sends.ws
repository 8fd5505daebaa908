wsclose 1
role server
# The application sends, the peer closes.
app send text "hello"
> close 1000
> fin
