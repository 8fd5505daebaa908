wsclose 1
role client
# The application of a client closes with a code and a reason, which the Close carries.
app close 4000 "tschüß"
> close 4000
> fin
