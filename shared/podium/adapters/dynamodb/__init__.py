"""The ports that keep things, on three DynamoDB tables; ``keys`` says how they lie."""
