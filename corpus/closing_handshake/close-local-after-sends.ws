wsclose 1
role server
# The application sends two messages and closes: both precede the Close.
app send text "one"
app send binary hex:00 * 255
app close 1000
> close 1000
> fin
