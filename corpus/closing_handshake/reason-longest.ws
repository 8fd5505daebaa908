wsclose 1
role server
# A reason of 123 octets.
> close 1000 "r" * 123
> fin
