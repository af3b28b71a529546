-- user=postgres dbname=postgres application_name=café

