wsclose 1
role client
# As peer-gone-behind-the-answer, to a client, with a Close that has no code.
> gone 1
> close
> fin
