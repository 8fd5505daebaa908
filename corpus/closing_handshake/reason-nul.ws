wsclose 1
role server
# A reason with a NUL.
> close 1000 "a\0b"
> fin
