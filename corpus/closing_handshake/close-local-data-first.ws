wsclose 1
role server
# The peer sends messages before it replies to the endpoint's Close.
app close 1000
> text "one"
> binary hex:00ff
> ping "p"
> close 1000
> fin
