wsclose 1
role server
# The peer does not read when it closes; the reply waits until the peer reads again.
> pause
> text "a"
> ping "b"
> close 3333 "r"
> resume
