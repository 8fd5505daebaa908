wsclose 1
role server
# The application sends after the closing handshake.
> close 1000
app send text "late"
> fin
