wsclose 1
role server
# Messages, a Ping and a Close.
> text "hi"
> ping "p"
> close 1000 "bye"
> fin
