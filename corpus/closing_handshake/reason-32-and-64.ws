wsclose 1
role server
# Reasons of 32 and 64 octets.
> close 1000 "r" * 32
> fin
connect
> close 1000 "r" * 64
> fin
