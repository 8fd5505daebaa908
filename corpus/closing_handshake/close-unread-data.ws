wsclose 1
role server
# Messages and a Close arrive while the application does not read.
app pause
> text "a"
> text "b"
> close 3333 "r"
app resume
> fin
