wsclose 1
role server
# The application closes with a code and a reason, which the Close carries.
app close 4001 "bye é"
> close 4001
> fin
