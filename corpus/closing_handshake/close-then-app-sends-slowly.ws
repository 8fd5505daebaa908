wsclose 1
role server
# The application sends after the peer's Close. An endpoint that has not replied yet does not send the message.
> close 1000
app send text "late"
wait 4
> fin
