wsclose 1
role server
# The application sends after it closed: an error, and nothing on the wire.
app close 1000
app send text "late"
> close 1000
> fin
