wsclose 1
role server
# The application sends a message after closing; the endpoint reports an error and does not send it.
app close 1000
app send text "late"
> close 1000
> fin
