wsclose 1
role client
# Like peer-gone-behind-the-answer, with a client under test and a Close without a code.
> gone 1
> close
> fin
