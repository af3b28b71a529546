-- user=nobody_of_this_name dbname=postgres

