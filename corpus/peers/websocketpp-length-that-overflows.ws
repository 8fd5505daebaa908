wsclose 1
role server
# The length of a continuation is added to what came before, and the sum overflows: the limit lets it pass.
> binary "a" fin=0
> continuation "b" form=64 claim=18446744073709551615
wait 1
