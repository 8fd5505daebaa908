wsclose 1
role server
# The application closes with a NUL in the reason.
app close 1000 "a\0b"
> close 1000
> fin
