wsclose 1
role server
# Reasons of 15 and 16 octets.
> close 1000 "r" * 15
> fin
connect
> close 1000 "r" * 16
> fin
