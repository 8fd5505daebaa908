wsclose 1
role server
# 1004 is reserved and has no meaning.
> close 1004 "r"
wait 2
> fin
