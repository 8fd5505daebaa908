wsclose 1
role client
# After Closes in both directions, WebSocket++ replies to another Close, which has an invalid code.
app close 1000
> close 3333
> close 999
> fin
