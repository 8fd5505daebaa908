wsclose 1
role server
# The peer does not read when it closes: the answer waits until it does.
> pause
> text "a"
> ping "b"
> close 3333 "r"
> resume
