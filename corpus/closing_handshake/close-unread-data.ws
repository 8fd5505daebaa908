wsclose 1
role server
# Messages and a Close wait unread.
app pause
> text "a"
> text "b"
> close 3333 "r"
app resume
> fin
