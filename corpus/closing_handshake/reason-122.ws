wsclose 1
role server
# A reason of 122 octets.
> close 1000 "r" * 122
> fin
