FROM localhost:5000/team/api:1
