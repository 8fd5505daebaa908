wsclose 1
role client
# The server sends messages before it replies to the client's Close.
app close 1000
> text "one"
> text "t" fin=0
> continuation "wo"
> close 1000
> fin
