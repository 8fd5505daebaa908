wsclose 1
role server
# The application closes while it does not read.
app pause
app close 1000
> text "a"
> close 1000
app resume
> fin
