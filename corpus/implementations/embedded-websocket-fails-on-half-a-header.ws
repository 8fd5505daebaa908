wsclose 1
role client
# A lawful frame arrives with the beginning of the next one. embedded-websocket fails the connection.
> ping "p"
> octets 81 glue
> octets 0161
wait 2
> fin
