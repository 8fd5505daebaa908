wsclose 1
role client
# yawc as a client does not unmask: it sends the masked payload of the Ping back.
> ping "p" mask=wrong
