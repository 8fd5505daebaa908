wsclose 1
role server
# The application sends a message and closes.
app send text "one"
app close 1000
wait 2
> close 1000
> fin
