wsclose 1
role server
# NUL in a reason.
> close 1000 "a\0b"
> fin
